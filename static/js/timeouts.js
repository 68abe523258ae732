// Nothing waits for ever: promises and requests with a limit of time. For pages and the worker.
"use strict";

self.limits = (() => {
  // Resolves as ``promise`` does, or rejects after ``ms``.
  function within(promise, ms) {
    let timer;
    const late = new Promise((_, no) => { timer = setTimeout(() => no(new Error("too slow")), ms); });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
  }

  // A request whose whole answer must be there within ``ms``: {ok, status, text}, else it rejects.
  async function ask(url, options, ms) {
    const stop = self.AbortController && new AbortController(); // AbortSignal.timeout is too young
    const whole = fetch(url, { ...options, signal: stop?.signal })
      .then(async (answer) => ({ ok: answer.ok, status: answer.status, text: await answer.text() }));
    return within(whole, ms).finally(() => stop?.abort());
  }

  return { within, ask };
})();

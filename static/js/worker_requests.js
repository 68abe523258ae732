// What the worker must know of a request and its answer before it lets them pass.
"use strict";

self.sending = (() => {
  const DOWN = [502, 503, 504];

  // Not a load balancer's page: all of ours carry a content security policy.
  function ours(answer) {
    if (DOWN.includes(answer.status) && !answer.headers.has("Content-Security-Policy")) throw new Error("down");
    return answer;
  }

  // Staff wait longer: a long list, an import that is read while its person waits.
  const MOST_MS = { page: [10000, 60000], form: [30000, 180000] };

  // What the portal answers in time, else it rejects.
  async function answer(request, kind, isStaff) {
    return ours(await limits.within(fetch(request), MOST_MS[kind][Number(isStaff)]));
  }

  // A page as it is for nobody.
  const ofNobody = (url) => answer(new Request(url.pathname + url.search, { credentials: "omit" }), "page", false);

  // A form of one of our own pages. Files go past the worker: some browsers lose them in it.
  // Back to the answer of a form is the browser's own: it sends nothing.
  function isForm({ method, mode, referrer, headers, isHistoryNavigation, cache }) {
    const kind = headers.get("Content-Type") ?? "";
    if (isHistoryNavigation || cache === "only-if-cached" || cache === "force-cache") return false;
    return method === "POST" && mode === "navigate" && referrer.startsWith(`${location.origin}/`) &&
      kind.startsWith("application/x-www-form-urlencoded");
  }

  return { answer, ofNobody, isForm };
})();

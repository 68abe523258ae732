// The page that says nothing finishes the sign-out of whoever left to it; nothing of it is shown.
"use strict";

(() => {
  const AGAIN_MS = 5000;
  const proof = document.documentElement.dataset.leave;

  async function finish() {
    const isOver = await signOutMark.settled(proof).catch(() => false);
    if (!isOver) return setTimeout(finish, AGAIN_MS);
    signOutMark.forget();
  }
  finish();
})();

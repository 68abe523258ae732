// A form that got no answer is sent once more, as the browser kept it, for the person who sent it.
"use strict";

(() => {
  const part = document.getElementById("resend");
  const button = part.querySelector("button");
  const sender = person.get("who");
  const isAnswer = location.pathname !== "/not-sent/"; // shown in place of an answer to a form

  async function update() {
    part.hidden = !isAnswer || person.get("who") !== sender || (await signOutMark.isUp());
  }

  for (const sign of ["pageshow", "storage"]) addEventListener(sign, update);
  document.addEventListener("visibilitychange", update);
  button.addEventListener("click", async () => {
    await update();
    if (part.hidden) return;
    button.disabled = true;
    button.setAttribute("aria-busy", "true");
    location.reload();
  });
  update();
})();

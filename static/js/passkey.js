// Shows what needs passkeys where the browser has them, and says when one did not work.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  if (!window.PublicKeyCredential) return;
  for (const part of document.querySelectorAll("[data-passkey]")) part.hidden = false;
});

document.addEventListener("allauth.error", (event) => {
  event.preventDefault(); // the page says it
  const note = document.getElementById("passkey-error");
  if (note) note.hidden = false;
});

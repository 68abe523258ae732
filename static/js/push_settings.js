// The push settings page: shows one of its states; only the button asks the browser for permission.
"use strict";

const states = [...pushSubscription.place.querySelectorAll("[data-state]")];

function show(word) {
  for (const part of states) part.hidden = !part.dataset.state.split(" ").includes(word);
  pushSubscription.place.setAttribute("aria-busy", String(word === "busy"));
}

pushSubscription.place.addEventListener("click", async (event) => {
  if (!event.target.closest("[data-turn-on]")) return;
  show("busy");
  const word = await pushSubscription.turnOn();
  if (word === "ok") location.assign(pushSubscription.place.dataset.page);
  else show(word);
});

for (const picture of pushSubscription.place.querySelectorAll("[data-phone]")) {
  picture.hidden = (picture.dataset.phone === "yes") !== pushSubscription.isPhone;
}

pushSubscription.place.hidden = false;
show("busy");
pushSubscription.resync().then(show, () => show("network"));

// The trial: asked about every two seconds until it has ended, and shown again when it moved on.
const LOOK_MS = 8000;
const update = async () => {
  const box = document.getElementById("trial");
  if (!box?.dataset.again) return;
  const answer = await limits.ask(box.dataset.again, { redirect: "error" }, LOOK_MS).catch(() => null);
  const found = document.createElement("template");
  if (answer?.ok) found.innerHTML = answer.text;
  const next = found.content.firstElementChild;
  if (next && next.dataset.trial !== box.dataset.trial) box.replaceWith(next);
  setTimeout(update, 2000);
};
setTimeout(update, 1500);

// Counts down to a time that the page says in words as well.
"use strict";

for (const place of document.querySelectorAll("[data-until]")) {
  const until = Date.parse(place.dataset.until);
  const timer = setInterval(show, 1000);
  show();

  function show() {
    const left = Math.ceil((until - Date.now()) / 1000);
    if (left <= 0) clearInterval(timer);
    const words = left > 0 ? place.dataset.left : place.dataset.over;
    place.textContent = words.replace("%(minutes)s", Math.floor(left / 60)).replace("%(seconds)s", left % 60);
  }
}

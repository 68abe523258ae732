// A card or a letter read by a camera: its code stands behind "#", which a browser tells no server.
"use strict";

(() => {
  const form = document.querySelector("form[data-scanned]");

  function send() {
    const code = location.hash.slice(1);
    if (!/^[0-9A-Za-z-]{1,60}$/.test(code)) return;
    history.replaceState(null, "", location.pathname); // nor does the history keep it
    form.elements.code.value = code;
    form.submit();
  }

  addEventListener("hashchange", send); // another one is read while this page is open
  send();
})();

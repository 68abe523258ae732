// What another site has posted is posted again from here, with the cookies of this site.
"use strict";

document.querySelector("form[data-send-once]")?.submit();

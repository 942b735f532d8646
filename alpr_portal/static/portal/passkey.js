// What a browser says when a passkey does not come about, in words: allauth's scripts tell it by the event "allauth.error".
(function () {
  "use strict";

  const WORDS = {
    NotAllowedError: "No passkey was used. Try again, or use another way.",
    InvalidStateError: "This device holds a passkey of yours already.",
    SecurityError: "Passkeys do not work at this address of the portal.",
    NotSupportedError: "This device has no passkeys that the portal can use.",
  };

  document.addEventListener("allauth.error", function (event) {
    const place = document.getElementById("passkey_trouble");
    if (!place) return;
    event.preventDefault();
    const name = event.detail.exception && event.detail.exception.name;
    place.textContent = WORDS[name] || "The passkey could not be used. Try again, or use another way.";
    place.hidden = false;
  });
})();

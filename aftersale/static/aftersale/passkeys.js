/* Forms whose field `credential` a passkey fills in. data-passkey is "create" or "get"; what the
   passkey is asked stands in the page (data-options) or is fetched (data-ask). */
(() => {
    "use strict";

    const say = (form, words) => {
        const trouble = form.querySelector("[data-passkey-trouble]");
        trouble.textContent = trouble.dataset[words];
        trouble.hidden = false;
    };

    const options = async (form) => {
        if (form.dataset.options) {
            return JSON.parse(document.getElementById(form.dataset.options).textContent);
        }
        const answer = await fetch(form.dataset.ask, { headers: { Accept: "application/json" } });
        return (await answer.json()).request_options;
    };

    document.addEventListener("submit", async (event) => {
        const form = event.target;
        const kind = form.dataset.passkey;
        if (!kind) return;
        event.preventDefault();
        if (!window.PublicKeyCredential) return say(form, "impossible");
        try {
            const asked = await options(form);
            if (kind === "create") {
                // The passkey itself then knows whose it is, and asks for PIN or finger.
                Object.assign(asked.publicKey.authenticatorSelection, {
                    residentKey: "required",
                    requireResidentKey: true,
                    userVerification: "required",
                });
            }
            const credential = await window.webauthnJSON[kind](asked);
            form.elements.credential.value = JSON.stringify(credential);
            form.submit();
        } catch (error) {
            say(form, error.name === "SecurityError" ? "impossible" : "cancelled");
        }
    });
})();

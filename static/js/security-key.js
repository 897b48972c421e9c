/**
 * `<security-key make="id">`, `<security-key use="id">` or `<security-key fetch="url">` around a form with a hidden field
 * `credential`: before the form is sent, the browser asks a security key or passkey, and its answer goes into the field.
 */
import { h, pageData } from "./dom.js";
import { t } from "./i18n.js";
import { answer, creation, request } from "./webauthn.js";

class SecurityKey extends HTMLElement {
  #said = h("p", { class: "error", role: "alert" });

  connectedCallback() {
    if (!window.PublicKeyCredential) {
      // On a page of plain http, other than localhost, browsers have none.
      if (this.hasAttribute("fetch")) this.hidden = true;
      else this.#said.textContent = t("Security keys need a page with https");
    }
    this.append(this.#said);
    this.addEventListener("submit", this.#ask);
  }

  /** @param {Event} event */
  #ask = async (event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const field = /** @type {HTMLInputElement} */ (form.elements.namedItem("credential"));
    const box = /** @type {HTMLInputElement | null} */ (form.elements.namedItem("passwordless"));
    this.#said.textContent = "";
    try {
      field.value = answer(await this.#answer(box?.checked ?? false));
    } catch {
      // It may have been cancelled, unplugged, or known here already: browsers don't tell pages.
      this.#said.textContent = t("No security key answered. Try again.");
      return;
    }
    form.submit();
  };

  /** @param {boolean} isPasskey */
  async #answer(isPasskey) {
    const made = pageData(this.getAttribute("make"));
    if (made) return navigator.credentials.create(creation(made, isPasskey));
    const url = this.getAttribute("fetch");
    if (!url) return navigator.credentials.get(request(pageData(this.getAttribute("use"))));
    const response = await fetch(url, { headers: { Accept: "application/json" } });
    if (!response.ok) throw new Error(`no options: ${response.status}`);
    return navigator.credentials.get(request((await response.json()).request_options));
  }
}

customElements.define("security-key", SecurityKey);

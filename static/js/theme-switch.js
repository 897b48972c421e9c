/**
 * `<theme-switch>` around the form of the theme, whose buttons are named "theme": changes the page at once and sends
 * the form in the background. Without script the form works by itself.
 */
import { request } from "./api.js";

class ThemeSwitch extends HTMLElement {
  connectedCallback() {
    this.addEventListener("submit", this.#onSubmit);
  }

  disconnectedCallback() {
    this.removeEventListener("submit", this.#onSubmit);
  }

  /** @param {SubmitEvent} event */
  #onSubmit = async (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    const chosen = /** @type {HTMLButtonElement | null} */ (event.submitter);
    if (!chosen?.value) return;
    event.preventDefault();
    document.documentElement.dataset.theme = chosen.value;
    for (const button of document.querySelectorAll("theme-switch button[name=theme]")) {
      const same = /** @type {HTMLButtonElement} */ (button).value === chosen.value;
      button.setAttribute("aria-pressed", String(same));
    }
    // The page already shows the choice; only keeping it for the next page can fail.
    await request(form.action, {
      method: "POST",
      body: new FormData(form, chosen),
      redirect: "manual",
    }).catch(() => null);
  };
}

customElements.define("theme-switch", ThemeSwitch);

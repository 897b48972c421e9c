/** `<contact-bar hidden>`: the amber bar over the page while the server does not answer. The page stays usable. */
import { contact } from "./api.js";
import { h, icon } from "./dom.js";
import { duration } from "./formats.js";
import { t } from "./i18n.js";
import { live } from "./live.js";

/** Shorter silences are not worth a bar. */
const PATIENCE_MS = 8000;

class ContactBar extends HTMLElement {
  #what = h("b", null);
  #next = h("span", null);
  #timer = 0;

  connectedCallback() {
    this.classList.add("banner");
    this.setAttribute("role", "status");
    const retry = h(
      "button",
      { class: "btn quiet end", type: "button", onclick: () => live.retryNow() },
      t("Retry now"),
    );
    this.replaceChildren(icon("wifi-off"), this.#what, this.#next, retry);
    contact.addEventListener("contact", this.#write);
    this.#timer = window.setInterval(this.#write, 1000);
  }

  disconnectedCallback() {
    contact.removeEventListener("contact", this.#write);
    window.clearInterval(this.#timer);
  }

  #write = () => {
    const silent = Date.now() - contact.since;
    this.hidden = !contact.lost || silent < PATIENCE_MS;
    if (this.hidden) return;
    this.#what.textContent = t("No contact with the server for {time}", {
      time: duration(Math.floor(silent / 1000)),
    });
    const wait = Math.ceil((live.retryAt - Date.now()) / 1000);
    this.#next.textContent = wait > 0 ? t("Retrying in {time}", { time: duration(wait) }) : t("Retrying");
  };
}

customElements.define("contact-bar", ContactBar);

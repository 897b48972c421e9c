/**
 * `<copy-button for="id">` or `<copy-button value="text">`, with words inside or as an icon alone: copies the text.
 */
import { h, icon } from "./dom.js";
import { t } from "./i18n.js";

const SAID_MS = 1600;

/** The clipboard needs a secure page; a server on a plain LAN address has none. @param {string} text */
async function copy(text) {
  if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
  const area = h("textarea", { class: "sr-only", "aria-hidden": "true" });
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (!done) throw new Error("not copied");
}

class CopyButton extends HTMLElement {
  #timer = 0;

  connectedCallback() {
    if (this.querySelector("button")) return;
    const words = this.textContent?.trim() ?? "";
    const label = h("span", null, words);
    const symbol = h("span", { class: "copy-symbol" }, icon("copy"));
    const said = h("span", { class: "sr-only", role: "status" });
    const name = words ? null : t("Copy");
    const button = h(
      "button",
      { class: words ? "btn" : "btn-icon", type: "button", title: name, "aria-label": name },
      symbol,
    );
    if (words) button.append(label);
    button.addEventListener("click", async () => {
      const done = await copy(this.text).then(
        () => true,
        () => false,
      );
      symbol.replaceChildren(icon(done ? "check" : "x"));
      said.textContent = done ? t("Copied") : t("Could not copy. Select the text and copy it by hand.");
      if (words) label.textContent = done ? t("Copied") : t("Not copied");
      window.clearTimeout(this.#timer);
      this.#timer = window.setTimeout(() => {
        symbol.replaceChildren(icon("copy"));
        said.textContent = "";
        label.textContent = words;
      }, SAID_MS);
    });
    this.replaceChildren(button, said);
  }

  get text() {
    const source = document.getElementById(this.getAttribute("for") ?? "");
    // Not textContent: code is one block element a line, without line ends of its own.
    return this.getAttribute("value") ?? source?.innerText.replace(/\n$/, "") ?? "";
  }
}

customElements.define("copy-button", CopyButton);

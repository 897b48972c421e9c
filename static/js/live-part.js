/**
 * `<live-part project="org/project" run="UID">`: fires `nudge` on itself when the run changed, for the `hx-trigger` that
 * fetches it anew; at most each 2 s, and the last change is never left out.
 */
import { throttled } from "./dom.js";
import { live } from "./live.js";

const REFRESH_MS = 2000;

class LivePart extends HTMLElement {
  #stop = () => {};
  #nudge = throttled(() => this.dispatchEvent(new Event("nudge")), REFRESH_MS);

  connectedCallback() {
    const run = this.getAttribute("run") ?? "";
    this.#stop = live.subscribe(this.getAttribute("project") ?? "", ({ kind, ids }) => {
      if (kind === "poll" || (kind !== "console" && ids.has(run))) this.#nudge();
    });
  }

  disconnectedCallback() {
    this.#stop();
  }
}

customElements.define("live-part", LivePart);

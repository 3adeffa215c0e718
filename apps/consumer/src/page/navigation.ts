import { type Address, addressOf, readAddress } from './address.ts';

/**
 * Moves between the addresses of the page, by its links and the browser's way back and forward, without loading it
 * anew.
 */
export class Navigation {
  readonly #onShow: (address: Address) => void;

  /** @param onShow is called with the address that is to be shown. */
  constructor(onShow: (address: Address) => void) {
    this.#onShow = onShow;
    // Where somebody was in rows that come and go the browser cannot know.
    history.scrollRestoration = 'manual';
    addEventListener('popstate', () => onShow(readAddress()));
    document.addEventListener('click', (event) => this.#follow(event));
  }

  /** Shows another address, or the same one anew. */
  go(address: Address): void {
    this.note(address);
    this.#onShow(address);
  }

  /** Shows an address in the place of the one that is there. */
  refine(address: Address): void {
    history.replaceState(null, '', addressOf(address));
    this.#onShow(address);
  }

  /** Makes it the address of what is shown already. */
  note(address: Address): void {
    if (addressOf(address) !== addressOf(readAddress())) history.pushState(null, '', addressOf(address));
  }

  #follow(event: MouseEvent): void {
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    // A click with a key held wants a new tab or window.
    if (!link || event.defaultPrevented || event.metaKey || event.ctrlKey || event.shiftKey) return;
    if (link.origin !== location.origin || link.pathname !== location.pathname) return;
    event.preventDefault();
    this.go(readAddress(link.search));
  }
}

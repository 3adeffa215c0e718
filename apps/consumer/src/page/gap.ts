import { element, setText } from './element.ts';

const LOST = 'Messages are missing here, and the history does not have them any more.';

const template = element<HTMLTemplateElement>('gap-mark');
const log = element('log');

/** The mark of a place where messages are missing. */
export class Gap {
  readonly element = template.content.firstElementChild!.cloneNode(true) as HTMLElement;
  isLost = false;
  readonly #button = this.element.querySelector('button')!;

  /** @param onFill is called when somebody asks for what is missing. */
  constructor(onFill: () => void) {
    this.#button.addEventListener('click', onFill);
  }

  /** Says that what is missing is not to be had. */
  sayLost(): void {
    this.isLost = true;
    this.#keepFocus();
    this.#button.remove();
    setText(this.element.querySelector('p')!, LOST);
  }

  remove(): void {
    this.#keepFocus();
    this.element.remove();
  }

  /** The focus must not go away with the button. */
  #keepFocus(): void {
    if (this.element.contains(document.activeElement)) log.focus({ preventScroll: true });
  }
}

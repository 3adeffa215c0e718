import { element } from './element.ts';

const template = element<HTMLTemplateElement>('gap-mark');

/** Makes the mark of a gap between two rows. `onFill` is called when somebody asks for what is missing. */
export function createGap(onFill: () => void): HTMLLIElement {
  const gap = template.content.firstElementChild!.cloneNode(true) as HTMLLIElement;
  gap.querySelector('button')!.addEventListener('click', onFill);
  return gap;
}

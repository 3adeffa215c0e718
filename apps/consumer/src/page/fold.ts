import { element } from './element.ts';

/** Closes the plots where there is no room for them, as on a phone, until somebody opens them. */
export function foldOnPhones(): void {
  const plots = element<HTMLDetailsElement>('plots');
  plots.open = !matchMedia('(max-width: 40rem)').matches;
  plots.classList.remove('fresh');
}

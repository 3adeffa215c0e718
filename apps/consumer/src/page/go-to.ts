import type { Address } from './address.ts';
import { element } from './element.ts';
import { readPlace } from './place.ts';

const details = element<HTMLDetailsElement>('go-to');
const summary = details.querySelector('summary')!;
const timeField = element<HTMLInputElement>('go-time');
const offsetField = element<HTMLInputElement>('go-offset');
const keyField = element<HTMLInputElement>('go-key');

interface Handlers {
  /** Somebody wants to see a moment, in milliseconds since the Unix epoch. */
  onTime: (time: number) => void;
  /** Somebody wants to see a message, as partition/offset. */
  onMessage: (offset: string) => void;
  /** Somebody wants only messages with a key; all, if there is none. */
  onKey: (key: string | undefined) => void;
  /** How many partitions the topic has; undefined as long as that is not known. */
  partitions: () => number | undefined;
  /** Tells the time, in milliseconds since the Unix epoch. */
  now: () => number;
}

/** The fields for a moment, an offset or a key to go to. */
export class GoTo {
  constructor({ onTime, onMessage, onKey, partitions, now }: Handlers) {
    details.addEventListener('toggle', () => {
      if (!details.open) return;
      timeField.value ||= toField(now());
      // The event comes a moment after the fields, and somebody may be in one of them.
      if (!details.querySelector('input:focus')) timeField.focus();
    });
    details.addEventListener('keydown', ({ key }) => {
      if (key === 'Escape') this.#close();
    });
    offsetField.addEventListener('input', () => offsetField.setCustomValidity(''));
    onSubmit(timeField, () => {
      this.#close();
      // The field has the time of this place on Earth.
      onTime(new Date(timeField.value).getTime());
    });
    onSubmit(offsetField, () => {
      const place = readPlace(offsetField.value.trim(), partitions());
      offsetField.setCustomValidity(place.error ?? '');
      if (!offsetField.reportValidity()) return;
      this.#close();
      onMessage(place.offset!);
    });
    onSubmit(keyField, () => {
      this.#close();
      onKey(keyField.value || undefined);
    });
  }

  /** Shows the key of an address. */
  follow({ key }: Address): void {
    keyField.value = key ?? '';
  }

  #close(): void {
    if (details.contains(document.activeElement)) summary.focus();
    details.open = false;
  }
}

function onSubmit(field: HTMLInputElement, submit: () => void): void {
  field.form!.addEventListener('submit', (event) => {
    event.preventDefault();
    submit();
  });
}

/** A time as a field has it: to the second, without a zone. */
function toField(time: number): string {
  const minutes = new Date(time).getTimezoneOffset();
  return new Date(time - minutes * 60_000).toISOString().slice(0, 19);
}

import { permalink } from './address.ts';
import { element, setText } from './element.ts';
import type { Entry } from './entry.ts';
import { hexDump } from './hex.ts';
import { showJourney } from './journey-bar.ts';
import { prettyJson } from './json.ts';
import { type Sheet, sheetOfEntry, sheetOfMessage } from './sheet.ts';
import { legible, named } from './text.ts';
import { fetchMessage, type WholeMessage } from './whole-message.ts';

/** Characters of a text that are shown: more of it nobody reads here, and browsers take long to lay it out. */
const SHOWN = 100_000;
const LONG = 'This is only its beginning; to copy and to download there is more.';
const NOWHERE = 'The server did not say where this message is: this is all that is known of it.';
const NOT_YET = 'The whole message is not there yet.';

const dialog = element<HTMLDialogElement>('details');
const title = element('details-title');
const status = element('details-status');
const remark = element('details-remark');
const text = element('details-text');
const hex = element('details-hex');
const actions = element('details-actions');
const copyText = element('copy-text');
const facts = element('details-facts');
const link = element<HTMLAnchorElement>('details-link');
const download = element<HTMLAnchorElement>('details-download');

interface DetailsOptions {
  /** Is called when it opens, but not when it shows another message. */
  onOpen: () => void;
  /** Is called when somebody wants to see the next message, or the one before. */
  onMove: (way: 'down' | 'up') => void;
  /** Is called when it has been closed. */
  onClose: () => void;
}

/** The whole of one message: at once what its row knows, and then what the server says of it. */
export class Details {
  readonly #onOpen: () => void;
  #loading = new AbortController();
  #whole: WholeMessage | undefined;

  constructor({ onOpen, onMove, onClose }: DetailsOptions) {
    this.#onOpen = onOpen;
    element('details-newer').addEventListener('click', () => onMove('up'));
    element('details-older').addEventListener('click', () => onMove('down'));
    element('details-close').addEventListener('click', () => this.close());
    copyText.addEventListener('click', () => this.#copy(textOf));
    element('copy-json').addEventListener('click', () => this.#copy(({ json }) => ['JSON', prettyJson(json) ?? json]));
    element('copy-link').addEventListener('click', () => void copy('link', link.href));
    dialog.addEventListener('close', () => {
      this.#loading.abort();
      onClose();
    });
  }

  get isOpen(): boolean {
    return dialog.open;
  }

  /** Shows a message, also in the place of another one. */
  async open(entry: Entry): Promise<void> {
    const { topic, partition, offset } = entry.message;
    this.#loading.abort();
    const loading = new AbortController();
    this.#loading = loading;
    this.#whole = undefined;
    setText(status, '');
    setText(title, topic === null || partition < 0 ? 'Message' : `${legible(topic)} ${partition}/${offset}`);
    showSheet(sheetOfEntry(entry));
    if (!dialog.open) {
      this.#onOpen();
      dialog.showModal();
    }
    dialog.scrollTop = 0;
    actions.hidden = topic === null || partition < 0;
    if (topic === null || partition < 0) return setText(status, NOWHERE);
    link.href = permalink(topic, partition, offset);
    try {
      const whole = await fetchMessage({ topic, partition, offset }, loading.signal);
      if (loading.signal.aborted) return;
      this.#whole = whole;
      showSheet(sheetOfMessage(whole.message, entry));
    } catch (error) {
      if (!loading.signal.aborted) setText(status, `${(error as Error).message} This is what its row has.`);
    }
  }

  close(): void {
    dialog.close();
  }

  /** Says that there is no message further that way on the page. */
  sayEnd(way: 'down' | 'up'): void {
    setText(
      status,
      way === 'down' ? 'This is the oldest message on the page.' : 'This is the newest message on the page.',
    );
  }

  #copy(from: (whole: WholeMessage) => [what: string, text: string]): void {
    if (this.#whole) void copy(...from(this.#whole));
    else setText(status, NOT_YET);
  }
}

function showSheet(sheet: Sheet): void {
  text.hidden = sheet.text === null;
  copyText.hidden = sheet.text === null;
  const start = sheet.text?.slice(0, SHOWN) ?? '';
  text.textContent = named(prettyJson(start) ?? start);
  const isLong = sheet.text !== null && sheet.text.length > SHOWN;
  setText(remark, isLong ? LONG : (sheet.remark ?? ''));
  hex.hidden = sheet.hex === null;
  hex.textContent = sheet.hex === null ? '' : hexDump(sheet.hex);
  download.hidden = sheet.value === null;
  if (sheet.value !== null) download.href = sheet.value;
  facts.replaceChildren(...sheet.facts.map(([name, value]) => item(name, value)));
  showJourney(sheet.moments);
}

function item(name: string, value: string): Element {
  const group = document.createElement('div');
  const term = document.createElement('dt');
  const description = document.createElement('dd');
  term.textContent = legible(name);
  description.textContent = legible(value);
  group.append(term, description);
  return group;
}

function textOf({ message }: WholeMessage): [what: string, text: string] {
  return [message['truncated'] === true ? 'beginning of the text' : 'text', String(message['text'])];
}

/** Copies a text, and says whether the browser let the page do so. */
async function copy(what: string, copied: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(copied);
    setText(status, `Copied the ${what}.`);
  } catch {
    // Without HTTPS, but on this machine, there is no clipboard at all; and people may refuse it.
    setText(status, `The browser does not let this page copy: select the ${what} and copy it yourself.`);
  }
}

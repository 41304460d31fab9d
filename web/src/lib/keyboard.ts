// Single-key shortcuts and two-key sequences, in one place, so that "g e" is never also "e".

export type Bindings = Record<string, (event: KeyboardEvent) => void>;
type Layer = { bindings: Bindings };

const sequenceTimeout = 1200;

/** Whether the key goes into something that takes text. */
function typing(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName);
}

/** The name of a key press: "j", "?", "Escape", "mod+k". Undefined for what is never a shortcut. */
export function keyName(event: KeyboardEvent): string | undefined {
  if (event.altKey || event.key === 'Shift') return undefined;
  if (event.ctrlKey || event.metaKey)
    return event.key.length === 1 ? `mod+${event.key.toLowerCase()}` : undefined;
  return event.key;
}

/** Holds the layers of bindings; the last one added answers first. */
export class Keyboard {
  private layers: Layer[] = [];
  private pending: { key: string; at: number } | undefined;
  /** Whether single keys act (WCAG 2.1.4); Escape and mod+key always do. */
  singleKeys: () => boolean = () => true;

  add(bindings: Bindings): () => void {
    const layer = { bindings };
    this.layers.push(layer);
    return () => {
      this.layers = this.layers.filter((other) => other !== layer);
    };
  }

  private find(name: string): ((event: KeyboardEvent) => void) | undefined {
    for (let i = this.layers.length - 1; i >= 0; i--) {
      const run = this.layers[i]?.bindings[name];
      if (run) return run;
    }
    return undefined;
  }

  private startsSequence(key: string): boolean {
    return this.layers.some((layer) =>
      Object.keys(layer.bindings).some((name) => name.startsWith(`${key} `)),
    );
  }

  /** Handles one key press; returns whether it was a shortcut. */
  handle(event: KeyboardEvent): boolean {
    const name = keyName(event);
    if (name === undefined || event.defaultPrevented || event.isComposing) return false;
    const always = name === 'Escape' || name.startsWith('mod+');
    if (!always && (typing(event.target) || !this.singleKeys())) return false;
    if (document.querySelector('[aria-modal="true"]')) return false;
    const pending = this.pending;
    this.pending = undefined;
    if (pending && event.timeStamp - pending.at < sequenceTimeout) {
      const run = this.find(`${pending.key} ${name}`);
      event.preventDefault();
      run?.(event);
      return true;
    }
    if (!always && this.startsSequence(name)) {
      this.pending = { key: name, at: event.timeStamp };
      return true;
    }
    const run = this.find(name);
    if (!run) return false;
    event.preventDefault();
    run(event);
    return true;
  }
}

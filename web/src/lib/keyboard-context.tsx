// Gives the page one keyboard; components add their shortcuts while they are shown.
import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from 'react';
import { type Bindings, Keyboard } from './keyboard';
import { preferences } from './preferences';

const KeyboardContext = createContext<Keyboard | undefined>(undefined);

export function KeyboardProvider({ children }: { children: ReactNode }) {
  const [keyboard] = useState(() => new Keyboard());
  useEffect(() => {
    keyboard.singleKeys = () => preferences().shortcuts === 'on';
    const onKey = (event: KeyboardEvent) => keyboard.handle(event);
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [keyboard]);
  return <KeyboardContext value={keyboard}>{children}</KeyboardContext>;
}

/** Adds shortcuts for as long as the component is shown; the newest component's come first. */
export function useHotkeys(bindings: Bindings): void {
  const keyboard = useContext(KeyboardContext);
  const latest = useRef(bindings);
  latest.current = bindings;
  const names = Object.keys(bindings).join('\n');
  useEffect(() => {
    if (!keyboard) return undefined;
    const stable: Bindings = {};
    for (const name of names.split('\n').filter(Boolean)) {
      stable[name] = (event) => latest.current[name]?.(event);
    }
    return keyboard.add(stable);
  }, [keyboard, names]);
}

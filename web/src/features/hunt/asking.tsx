// The hunt as it is written. What is typed stays here, so that nothing else is drawn again with each letter.
import { type RefObject, useEffect, useId, useState } from 'react';
import type { ApiError } from '../../api/client';
import { QueryBar } from './query-bar';
import { QueryError, wrongPart } from './query-error';

type Props = {
  asked: string;
  /** What the server does not understand of what was asked. */
  refused: ApiError | undefined;
  running: boolean;
  onRun: (text: string) => void;
  onStop: () => void;
  inputRef: RefObject<HTMLTextAreaElement | null>;
};

export function Asking({ asked, refused, running, onRun, onStop, inputRef }: Props) {
  const errorId = useId();
  const [text, setText] = useState(asked);
  useEffect(() => setText(asked), [asked]);
  const run = (next: string) => {
    setText(next.trim() || '*');
    onRun(next);
  };
  // what is marked is where it was: not in a text that has been changed since
  const same = text === asked;
  return (
    <>
      <QueryBar
        text={text}
        onText={setText}
        wrong={same ? wrongPart(refused) : undefined}
        describedBy={refused ? errorId : undefined}
        running={running}
        onRun={() => run(text)}
        onStop={onStop}
        inputRef={inputRef}
      />
      {refused && <QueryError id={errorId} error={refused} text={asked} onText={run} />}
    </>
  );
}

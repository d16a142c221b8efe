import type { GroundControlClient } from '@ground-control/client';
import { Box, useApp, useInput, useStdout } from 'ink';
import { type ReactElement, useEffect, useReducer } from 'react';

import { keysOf } from './key.js';
import { LineView } from './line-view.js';
import { reduce } from './reduce.js';
import { initialState, type Size } from './state.js';
import { useFeeds } from './use-feeds.js';
import { screenLines } from './views/screen.js';

interface AppProps {
  client: GroundControlClient;
  /** Where the namespace is, for the title. */
  place: string;
}

/** The whole screen. What it shows and what keys do is decided by pure functions; this ties them to Ink. */
export function App({ client, place }: AppProps): ReactElement {
  const { exit } = useApp();
  const { stdout } = useStdout();
  const [state, dispatch] = useReducer(reduce, undefined, () =>
    initialState(sizeOf(stdout), Date.now(), place),
  );
  useFeeds(client, state, dispatch);

  useInput((text, inkKey) => {
    for (const key of keysOf(text, inkKey)) dispatch({ kind: 'key', key });
  });

  useEffect(() => {
    const resized = (): void => dispatch({ kind: 'resized', size: sizeOf(stdout) });
    stdout.on('resize', resized);
    return () => void stdout.off('resize', resized);
  }, [stdout]);

  useEffect(() => {
    if (state.quit) exit();
  }, [exit, state.quit]);

  return (
    <Box flexDirection="column">
      {screenLines(state).map((line, index) => (
        // A line is its place on the screen.
        // oxlint-disable-next-line react/no-array-index-key
        <LineView key={index} line={line} />
      ))}
    </Box>
  );
}

function sizeOf({ columns, rows }: NodeJS.WriteStream): Size {
  return { columns: columns || 80, rows: rows || 24 };
}

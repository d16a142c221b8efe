import { Text, type TextProps } from 'ink';
import type { ReactElement } from 'react';

import type { Line, SpanStyle } from './lines.js';

const LOOKS: Record<SpanStyle, TextProps> = {
  strong: { bold: true },
  faint: { dimColor: true },
  good: { color: 'green' },
  bad: { color: 'red' },
  busy: { color: 'cyan' },
  idle: { color: 'yellow' },
  ended: { color: 'magenta' },
};

/** One line of the screen; the one that is selected is set off as a whole. */
export function LineView({ line: { spans, selected } }: { line: Line }): ReactElement {
  if (spans.length === 0) return <Text> </Text>;
  return (
    <Text wrap="truncate" inverse={selected === true}>
      {spans.map(({ text, style }, index) => (
        // The parts of a line have no identity but their place.
        // oxlint-disable-next-line react/no-array-index-key
        <Text key={index} {...(style && !selected ? LOOKS[style] : {})}>
          {text}
        </Text>
      ))}
    </Text>
  );
}

import type { WorkerInfo } from '@ground-control/client';

import { relativeText } from '../../time-text.js';
import { EMPTY_LINE, fit, type Line, line, type Span, span } from '../lines.js';
import type { UiState } from '../state.js';

const BAR = 16;

/** The workers and how busy they are; all lines, however many. */
export function workersContent({ workers, size, now }: UiState): Line[] {
  if (!workers) return [EMPTY_LINE, line(span('  Reading…', 'faint'))];
  if (workers.length === 0)
    return [
      EMPTY_LINE,
      line(span('  No workers. A worker is a Nest application with GroundControlModule.', 'faint')),
    ];
  const identity = Math.max(12, Math.min(36, Math.floor(size.columns / 4)));
  const types = Math.max(8, size.columns - identity - BAR - 9 - 9 - 11);
  const heading = ['IDENTITY', 'LOAD', 'RUNNING', 'LAST SEEN', 'TYPES'];
  const widths = [identity, BAR, 9, 9, types];
  return [
    line(span(`  ${heading.map((text, index) => fit(text, widths[index] ?? 0)).join('  ')}`, 'strong')),
    ...workers.map((worker) =>
      line(
        span(`  ${fit(worker.identity, identity)}  `),
        ...loadSpans(worker),
        span(`  ${fit(`${worker.running}/${worker.capacity}`, 9)}  `),
        span(`${fit(relativeText(worker.lastSeenAt, now), 9)}  `, 'faint'),
        span(fit(worker.types.join(', '), types).trimEnd()),
      ),
    ),
  ];
}

function loadSpans({ running, capacity }: WorkerInfo): Span[] {
  const share = capacity === 0 ? 0 : Math.min(1, running / capacity);
  const full = running > 0 ? Math.max(1, Math.round(share * BAR)) : 0;
  const style = share >= 1 ? 'bad' : share > 0.75 ? 'idle' : 'good';
  return [span('█'.repeat(full), style), span('░'.repeat(BAR - full), 'faint')];
}

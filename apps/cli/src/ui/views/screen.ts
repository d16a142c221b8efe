import { bodyHeight, screenHeight } from '../layout.js';
import { fitLines, type Line } from '../lines.js';
import type { UiState } from '../state.js';
import { clusterContent } from './cluster-view.js';
import { dialogLines } from './dialog-view.js';
import { footerLines, headerLines } from './frame.js';
import { helpContent } from './help-view.js';
import { runContent, runLines } from './run-view.js';
import { runsLines } from './runs-view.js';
import { workersContent } from './workers-view.js';

/** Everything on the screen, line by line. */
export function screenLines(state: UiState): Line[] {
  const height = bodyHeight(state.size);
  const body = fitLines(bodyLines(state), height);
  const dialog = state.dialog ? dialogLines(state.dialog, state.size).slice(0, height) : [];
  const lines = [
    ...headerLines(state),
    ...body.slice(0, height - dialog.length),
    ...dialog,
    ...footerLines(state),
  ];
  return lines.slice(0, screenHeight(state.size));
}

/** How far what is on the screen can be scrolled. */
export function lastTop(state: UiState): number {
  const height = bodyHeight(state.size);
  if (!state.help && state.run) return Math.max(0, runContent(state, state.run).length - (height - 2));
  return Math.max(0, (scrolledContent(state)?.length ?? 0) - height);
}

function bodyLines(state: UiState): Line[] {
  const content = scrolledContent(state);
  if (content) return content.slice(state.top);
  return state.run ? runLines(state, state.run) : runsLines(state);
}

/** What is scrolled as a whole. */
function scrolledContent(state: UiState): Line[] | undefined {
  if (state.help) return helpContent();
  if (state.run) return undefined;
  if (state.page === 'workers') return workersContent(state);
  return state.page === 'cluster' ? clusterContent(state) : undefined;
}

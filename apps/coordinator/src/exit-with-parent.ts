import type { INestMicroservice } from '@nestjs/common';

/** With GROUND_CONTROL_EXIT_WITH_PARENT=1, a coordinator ends with the process that started it, however that ended. */
export function exitWithParent(app: INestMicroservice): void {
  if (process.env['GROUND_CONTROL_EXIT_WITH_PARENT'] !== '1') return;
  process.once('disconnect', () => {
    void app.close().finally(() => process.exit(0));
  });
}

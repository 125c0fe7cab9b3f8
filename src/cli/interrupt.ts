import type { Reporter } from '../training/index.js';

/**
 * A signal that is aborted by the first Ctrl-C or SIGTERM, so that work can save and end; a second Ctrl-C ends the
 * process at once, as people expect.
 *
 * @param doing what happens meanwhile, for the line that says so
 */
export function interruptSignal(
  reporter: Pick<Reporter, 'note'>,
  doing = 'stopping: saving first',
): {
  readonly signal: AbortSignal;
  release(): void;
} {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(130);
    reporter.note(`${doing} (Ctrl-C again to stop at once)`);
    controller.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    release: () => {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}

import { z } from 'zod';
import { UserError } from '../base/index.js';

/** `tracking` of the project file: where runs are shown besides TensorBoard. */
export const trackingSchema = z
  .union([
    z.enum(['mlflow']),
    z.strictObject({
      mlflow: z
        .strictObject({
          uri: z
            .string()
            .optional()
            .describe('Address of the server, as http://localhost:5000. Default: MLFLOW_TRACKING_URI.'),
          experiment: z
            .string()
            .min(1)
            .optional()
            .describe(
              "MLflow's experiment that runs are put into. Default: the name of ours, or of the sweep.",
            ),
        })
        .prefault({})
        .describe('An MLflow server.'),
    }),
  ])
  .optional();

/** An MLflow server that is told of runs. */
export interface MlflowSettings {
  /** Without a slash at its end. */
  readonly uri: string;
  /** Null: that of the run's name. */
  readonly experiment: string | null;
}

/** @throws UserError where there is no address, or one that is not of a server */
export function mlflowSettings(
  tracking: z.output<typeof trackingSchema>,
  env: NodeJS.ProcessEnv,
): MlflowSettings | null {
  if (tracking === undefined) return null;
  const { uri: own, experiment = null } = tracking === 'mlflow' ? {} : tracking.mlflow;
  const uri = own ?? env.MLFLOW_TRACKING_URI;
  if (!uri) {
    throw new UserError(
      'tracking is mlflow, and nothing says where the server is',
      'Give tracking: { mlflow: { uri: http://... } } in the project file, or set MLFLOW_TRACKING_URI.',
    );
  }
  if (!/^https?:\/\/[^/?#\s]+[^?#\s]*$/.test(uri)) {
    throw new UserError(
      `the MLflow server is said to be at ${uri}`,
      'Expected an address of a server, as http://localhost:5000: folders and databases are written by MLflow alone.',
    );
  }
  return { uri: uri.replace(/\/+$/, ''), experiment };
}

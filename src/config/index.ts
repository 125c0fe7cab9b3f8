export { type Finding, type LoadedExperiment, type LoadRequest, loadExperiment } from './load.js';
export { loadProject, loadSettings, type Project, type Settings, settings } from './project.js';
export * from './schema.js';

export { mount, withoutBasePath } from './base-path.ts';
export { bundlePage } from './page-bundle.ts';
export { createRoutes } from './routes.ts';

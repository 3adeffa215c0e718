export type { Access, Viewer } from './access.ts';
export { formatUsers, parseUsers, type User } from './accounts-file.ts';
export { openAccess } from './open.ts';
export { Origins } from './origin.ts';
export { createSignInRoutes } from './sign-in.ts';
export { addUser, changePassword, describeUsers, grantTopics, removeUser, revokeTopics, UsersError } from './users.ts';

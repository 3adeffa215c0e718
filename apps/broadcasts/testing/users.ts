import { randomBytes, randomUUID } from 'node:crypto';
import kafkajs, { type AclEntry, type AclFilter, type Admin } from 'kafkajs';
import { inject, vi } from 'vitest';
import { command } from './broker.ts';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

/** A filter that every rule passes. */
export const ANY_ACL: AclFilter = {
  resourceType: AclResourceTypes.ANY,
  resourcePatternType: ResourcePatternTypes.ANY,
  operation: AclOperationTypes.ANY,
  permissionType: AclPermissionTypes.ANY,
};

/** A user of the secured listener. */
export interface User {
  name: string;
  password: string;
}

/** What a user may do with a topic, and all whose name begins so where it is a prefix. */
export interface Grant {
  name: string;
  pattern: 'LITERAL' | 'PREFIXED';
  operations: (keyof typeof AclOperationTypes)[];
}

/** All that the producer needs. */
export const grantsOfProducer = (topic: string): Grant[] => [
  {
    name: topic,
    pattern: 'LITERAL',
    operations: ['WRITE', 'DESCRIBE', 'DESCRIBE_CONFIGS', 'CREATE'],
  },
];

/** All that the consumer needs. */
export const grantsOfConsumer = (topic: string): Grant[] => [
  { name: topic, pattern: 'LITERAL', operations: ['READ', 'DESCRIBE'] },
];

/** The environment variables with which a service connects to the secured listener. */
export function environmentOf({ name, password }: User): Record<string, string> {
  const { brokers, caFile } = inject('secured')!;
  return {
    KAFKA_BROKERS: brokers,
    KAFKA_SSL: 'true',
    KAFKA_SSL_CA: caFile,
    KAFKA_SASL_USERNAME: name,
    KAFKA_SASL_PASSWORD: password,
  };
}

/** Makes a user who may do what he is granted, and nothing else. */
export async function newUser(grants: Grant[] = []): Promise<User> {
  const user = { name: `test-${randomUUID()}`, password: randomBytes(16).toString('hex') };
  await setPassword(user, user.password);
  if (grants.length > 0) await allow(user, grants);
  return user;
}

/** Gives a user another password, and waits until the broker knows it. */
export async function setPassword({ name }: User, password: string): Promise<void> {
  await command([...inject('secured')!.setPassword, name, password]);
}

async function allow({ name }: User, grants: Grant[]): Promise<void> {
  const principal = `User:${name}`;
  const acl = grants.flatMap((grant) => grant.operations.map((operation) => toAcl(principal, grant, operation)));
  await withAdmin(async (admin) => {
    await admin.createAcls({ acl });
    // They are the controller's at first. Two grants may be the same in part.
    const { size } = new Set(acl.map((each) => JSON.stringify(each)));
    await vi.waitUntil(async () => (await countAcls(admin, principal)) === size, { timeout: 10_000 });
  });
}

function toAcl(principal: string, { name, pattern }: Grant, operation: Grant['operations'][number]): AclEntry {
  return {
    principal,
    host: '*',
    resourceType: AclResourceTypes.TOPIC,
    resourceName: name,
    resourcePatternType: ResourcePatternTypes[pattern],
    operation: AclOperationTypes[operation],
    permissionType: AclPermissionTypes.ALLOW,
  };
}

async function countAcls(admin: Admin, principal: string): Promise<number> {
  const { resources } = await admin.describeAcls({ ...ANY_ACL, principal });
  return resources.reduce((count, { acls }) => count + acls.length, 0);
}

/** Does something as one whom the broker allows everything. */
async function withAdmin<T>(task: (admin: Admin) => Promise<T>): Promise<T> {
  const kafka = new kafkajs.Kafka({ brokers: inject('brokers').split(','), logLevel: kafkajs.logLevel.NOTHING });
  const admin = kafka.admin();
  try {
    await admin.connect();
    return await task(admin);
  } finally {
    await admin.disconnect();
  }
}

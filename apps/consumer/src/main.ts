import { run } from '@hello/service/run';

// Loaded only now, since loading takes a while and a signal may come meanwhile.
await run(async () => (await import('./service.ts')).startConsumer(process.env));

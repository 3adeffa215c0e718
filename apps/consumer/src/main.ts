import { run } from '@hello/service';
import { startConsumer } from './service.ts';

await run(() => startConsumer(process.env));

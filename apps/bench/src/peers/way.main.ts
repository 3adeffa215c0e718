import { answer } from '../answer.ts';
import { openKafkaLog } from '../kafka.ts';
import { StageNotes } from '../stages.ts';
import { listenOn } from './consumer.ts';

const notes = new StageNotes();

// The real consumer on Kafka, but that it is noted when a record is read, and when it is written to the sockets.
const calls = {
  /** Starts the consumer. Answers with its port. */
  start: (topic: string): Promise<number> => listenOn(notes.watch(openKafkaLog()), { TOPICS: topic }),
  stages: () => notes.stages,
};

export type WayCalls = typeof calls;

answer(calls);

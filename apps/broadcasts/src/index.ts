export type { Broadcast } from './broadcast.ts';
export {
  broadcastFields,
  decodeBeginning,
  decodeBroadcast,
  encodeBroadcast,
  textOnly,
  UnreadableRecordError,
} from './codec.ts';
export type { ReadBroadcast } from './codec.ts';
export { LogInUseError, NotALogError } from './embedded-file.ts';
export { EmbeddedLog } from './embedded-log.ts';
export { KafkaLog } from './kafka-log.ts';
export { checkKafkaConfig, kafkaSettings } from './kafka-config.ts';
export type { KafkaConfig } from './kafka-config.ts';
export { messageSpan, placeAttributes } from './message-span.ts';
export { earliest, Positions } from './positions.ts';
export type { Position, PositionsObject } from './positions.ts';
export type {
  Appended,
  Log,
  LogBatch,
  LogRecord,
  OutgoingRecord,
  PartitionOffsets,
  PartitionProgress,
  TimestampType,
  TopicLog,
  TopicSettings,
} from './topic-log.ts';
export { drawTraceParent, findTraceParent, formatTraceParent, isSampled, TRACE_PARENT } from './trace-parent.ts';
export type { TraceParent } from './trace-parent.ts';
export { topicName } from './topic-name.ts';

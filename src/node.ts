/** Into Node's own event loop: attached selectors and descriptors, and streams over descriptors. */
export {
  type AttachDescriptorOptions,
  type AttachOptions,
  attach,
} from './node/attach.ts';
export type { Attached, AttachedBatches, Attachment } from './node/attached.ts';
export {
  type DescriptorDuplex,
  type DescriptorDuplexOptions,
  type DescriptorReadable,
  type DescriptorStream,
  type DescriptorStreamOptions,
  type DescriptorWritable,
  type DetachedDescriptor,
  openDuplex,
  openReadable,
  openWritable,
} from './node/streams.ts';

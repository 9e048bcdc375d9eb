import type { HandlerFiles } from './handlers.ts';

const network = async () => (await import('./network-operations.ts')).networkOperations;
const clock = async () => (await import('./clock-operations.ts')).clockOperations;
const power = async () => (await import('./power-operations.ts')).powerOperations;
const storage = async () => (await import('./storage-operations.ts')).storageOperations;
const ssh = async () => (await import('./ssh-operations.ts')).sshOperations;
const lights = async () => {
  const { lightOperations, lightPlaces } = await import('./light-operations.ts');
  return lightOperations(lightPlaces);
};
const places = async () => (await import('./slot-places.ts')).boxSlotPlaces();
const slots = async () => (await import('./slots-operations.ts')).slotsOperations(await places());
const update = async () => (await import('./update-operations.ts')).updateOperations(await places());

/** Which file does which operation. */
export const handlerFiles: Required<HandlerFiles> = {
  'network.apply': network,
  'firewall.load': network,
  'clock.step': clock,
  'clock.slew': clock,
  'time.zone': clock,
  'slots.read': slots,
  'slots.confirm': slots,
  'update.install': update,
  'storage.list': storage,
  'storage.mount': storage,
  'storage.unmount': storage,
  'ssh.switch': ssh,
  'lights.show': lights,
  'kernel.log': power,
  'factory.reset': power,
  reboot: power,
  'power.off': power,
};

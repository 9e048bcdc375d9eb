import { DirectoryError } from '../accounts/directory-error.ts';
import { AdminError, exitCodes } from './admin-api.ts';

const directoryExitCodes: Record<DirectoryError['kind'], number> = {
  exists: exitCodes.cannotCreate,
  missing: exitCodes.noUser,
  invalid: exitCodes.data,
};

/** Refusals of the directory, in the words of the command line. @throws AdminError */
export async function asked<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RangeError) throw new AdminError(exitCodes.data, error.message);
    if (error instanceof DirectoryError) throw new AdminError(directoryExitCodes[error.kind], error.message);
    throw error;
  }
}

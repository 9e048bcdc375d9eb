import { z } from 'zod';

/**
 * Shapes of what a box answers: checked by the compiler where the answer is made, and described to the world by the panel's
 * OpenAPI document. They are data alone; importing their types costs nothing at run time.
 */
export function view<Shape extends z.core.$ZodShape>(shape: Shape) {
  return z.object(shape).readonly();
}

export function list<Type extends z.ZodType>(type: Type) {
  return z.array(type).readonly();
}

/** ISO 8601 in UTC; empty where there is none. */
export const instant = z.string().meta({ description: 'ISO 8601 in UTC; empty where there is none' });

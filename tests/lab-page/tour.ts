/** The tour of the page: cards that are predicted, run and measured. */
import assert from 'node:assert/strict';
import type { Visit } from './browser.ts';

export const CARDS = 6;

/** Takes the first `count` cards, each with a guess; with the last of all it is over. */
export async function takeTour(visit: Visit, count: number): Promise<void> {
  const { page } = visit;
  const card = page.locator('lab-story [data-card]');
  await card.waitFor();
  for (let number = 1; number <= count; number++) {
    assert.equal(await card.getAttribute('data-card'), String(number));
    assert.equal(await visit.button('reveal').isDisabled(), true, 'it runs before a guess');
    await page.locator('lab-story [data-guess="a"]').click();
    await visit.button('reveal').click();
    const next = visit.button(number === CARDS ? 'done' : 'next');
    await next.waitFor();
    assert.match(await page.locator('lab-story .answer').innerText(), /\d/);
    assert.equal(await page.locator('lab-story .right').count(), 1);
    await next.click();
  }
  if (count === CARDS) assert.equal(await card.count(), 0);
  else await page.locator('lab-story [data-action="close"]').click();
  await page.reload();
  await page.locator('polyio-timeline').waitFor();
  assert.equal(await card.count(), 0, 'the tour comes again by itself');
}

import { SCENES } from '../../src/lab/scene.ts';

document.body.textContent = Object.keys(SCENES).join(', ');

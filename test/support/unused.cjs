/** In the place of the parts of TensorFlow.js that mvrec does not use: see `tfjs.cjs`. */
module.exports = {};

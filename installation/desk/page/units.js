// The vocabulary of faces, as of models/action_units.py and models/controls.py: a test holds them equal.

export const UNITS = {
  "1": "inner brow raiser",
  "2": "outer brow raiser",
  "4": "brow lowerer",
  "5": "upper lid raiser",
  "6": "cheek raiser",
  "7": "lid tightener",
  "8": "lips toward each other",
  "9": "nose wrinkler",
  "10": "upper lip raiser",
  "11": "nasolabial deepener",
  "12": "lip corner puller",
  "13": "sharp lip puller",
  "14": "dimpler",
  "15": "lip corner depressor",
  "16": "lower lip depressor",
  "17": "chin raiser",
  "18": "lip pucker",
  "19": "tongue show",
  "20": "lip stretcher",
  "21": "neck tightener",
  "22": "lip funneler",
  "23": "lip tightener",
  "24": "lip pressor",
  "25": "lips part",
  "26": "jaw drop",
  "27": "mouth stretch",
  "28": "lip suck",
  "29": "jaw thrust",
  "30": "jaw sideways",
  "31": "jaw clencher",
  "32": "lip bite",
  "33": "cheek blow",
  "34": "cheek puff",
  "35": "cheek suck",
  "37": "lip wipe",
  "38": "nostril dilator",
  "39": "nostril compressor",
  "41": "lid droop",
  "42": "slit",
  "43": "eyes closed",
  "44": "squint",
  "45": "blink",
  "46": "wink"
};

// Pairs of units that cannot hold together.
export const RIVALS = [
  [5, 41],
  [5, 42],
  [5, 43],
  [5, 44],
  [5, 45],
  [24, 25],
  [24, 26],
  [24, 27],
  [26, 27],
  [22, 28],
  [33, 34],
  [33, 35],
  [34, 35],
  [38, 39]
];

// In words, with what it is counted in.
export const CONTROLS = {
  "yaw": ["turn of the head", "°"],
  "pitch": ["nod of the head", "°"],
  "gaze_x": ["eyes to the side", "°"],
  "gaze_y": ["eyes up and down", "°"],
  "age": ["age", " years"],
  "light_azimuth": ["light from the side", "°"],
  "light_elevation": ["light from above", "°"]
};

// How the sliders are grouped; whatever is in none of these is of the mouth.
export const REGIONS = [
  ["Brows", [1, 2, 4]],
  ["Eyes", [5, 6, 7, 41, 42, 43, 44, 45, 46]],
  ["Nose and cheeks", [9, 11, 33, 34, 35, 38, 39]],
  ["Jaw and throat", [17, 21, 26, 27, 29, 30, 31]],
  ["Mouth", []]
];

"""Heavy numerics: the only place with cv2, dlib, onnx, onnxruntime and Pillow.

question  what do these bytes show, and what are the face's numbers?
input     bytes of a photo; weights described in models/manifest.toml
output    FaceSample, by the ports of faces/ports.py; SessionMeasures, by liveness/ports.py
rules     size and structure before pixels; weights only with their pinned digest; one thread per reader
read      containers -> decoding -> detectors -> encoders -> photo_hash -> reader; weights, install, dlib_weights
          bring the nets; catalogue chooses; pool serves many, bulk reads folders; capture_reader measures sessions
          with frame_colours, frame_texture, point_paths, best_frames, face_vectors, minifasnet, and step_look looks at
          one step; capture_pool shares both
"""

"""Photos that cannot be used. Each tells the person what to do."""

from __future__ import annotations

from auth_service.core.errors.root import InputRefused


class ImageRefused(InputRefused):
    code = "image_refused"
    zh = "照片无法使用，请重新拍摄。"
    en = "The photo cannot be used. Please take it again."


class ImageEmpty(ImageRefused):
    code = "image_empty"
    zh = "照片文件是空的，请重新选择或拍摄。"
    en = "The photo file is empty. Please choose or take it again."


class ImageTooManyBytes(ImageRefused):
    code = "image_too_many_bytes"
    zh = "照片文件超过 4 MB，请用较小的照片。"
    en = "The photo file is larger than 4 MB. Please use a smaller one."


class ImageTooManyPixels(ImageRefused):
    code = "image_too_many_pixels"
    zh = "照片超过 1200 万像素，请用较小的照片。"
    en = "The photo has more than 12 million pixels. Please use a smaller one."


class ImageTooCostly(ImageRefused):
    code = "image_too_costly"
    zh = "照片文件的结构异常，处理时占用过多资源，请重新拍摄。"
    en = "The photo file takes too much time or memory to open. Please take the photo again."


class ImageFormatUnsupported(ImageRefused):
    code = "image_format_unsupported"
    zh = "只接受 JPEG、PNG 或 WebP 照片。"
    en = "Only JPEG, PNG or WebP photos are accepted."


class ImageColourUnsupported(ImageRefused):
    code = "image_colour_unsupported"
    zh = "照片的颜色格式不受支持（如 CMYK 或 16 位），请另存为普通照片。"
    en = "The photo's colour format is not supported (CMYK or 16 bits). Please save it as an ordinary photo."


class ImageAnimated(ImageRefused):
    code = "image_animated"
    zh = "动态图片不能用于认证，请提供单张照片。"
    en = "An animated picture cannot be used. Please give a single photo."


class ImageDamaged(ImageRefused):
    code = "image_damaged"
    zh = "照片文件已损坏或不完整，请重新拍摄或上传。"
    en = "The photo file is damaged or incomplete. Please take or send it again."


class ImagePolyglot(ImageRefused):
    code = "image_polyglot"
    zh = "照片文件中夹带了其他内容，已拒收。"
    en = "The photo file carries other content and was refused."


class FaceUnusable(ImageRefused):
    code = "face_unusable"
    zh = "照片中的人脸无法识别，请正对镜头重新拍摄。"
    en = "The face in the photo cannot be read. Please face the camera and take it again."


class NoFaceFound(FaceUnusable):
    code = "no_face_found"
    zh = "照片中没有找到人脸，请正对镜头重新拍摄。"
    en = "No face was found in the photo. Please face the camera and take it again."


class QualityTooLow(FaceUnusable):
    code = "quality_too_low"
    zh = "照片质量不够，请按提示重新拍摄。"
    en = "The photo is not good enough. Please follow the hints and take it again."


class PhotosDiffer(FaceUnusable):
    code = "photos_differ"
    zh = "几张照片不像同一个人，请只提交本人的照片。"
    en = "The photos do not look like one person. Please send photos of the person only."

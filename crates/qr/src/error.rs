//! Why a code could not be made or a picture not be read.

/// Why a code could not be made or a picture not be read. A picture without a code is not an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum QrError {
    /// There is no text to show.
    #[error("no text to put into a QR code")]
    TextEmpty,
    /// The text does not fit into the largest QR code (version 40).
    #[error("the text is too long for a QR code")]
    TextTooLong,
    /// The picture would be drawn with no pixels or with too many for each module.
    #[error("the size of a module is out of range")]
    ScaleOutOfRange,
    /// The picture file has more than [`crate::PICTURE_BYTES_MAX`] bytes.
    #[error("the picture file is too large")]
    PictureTooLarge,
    /// The picture has more than [`crate::PICTURE_PIXELS_MAX`] pixels.
    #[error("the picture has too many pixels")]
    PictureTooManyPixels,
    /// The file is not a PNG, JPEG or WebP picture, or it is damaged.
    #[error("the file is not a readable PNG, JPEG or WebP picture")]
    PictureUnreadable,
    /// Width times height is not the number of bytes, or one of them is zero.
    #[error("the frame's size does not agree with its bytes")]
    FrameSizeWrong,
}

impl QrError {
    /// Every error there is, so that a test can ask for a text for each.
    pub const ALL: [Self; 7] = [
        Self::TextEmpty,
        Self::TextTooLong,
        Self::ScaleOutOfRange,
        Self::PictureTooLarge,
        Self::PictureTooManyPixels,
        Self::PictureUnreadable,
        Self::FrameSizeWrong,
    ];

    /// The stable code that interfaces translate.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TextEmpty => "qr_text_empty",
            Self::TextTooLong => "qr_text_too_long",
            Self::ScaleOutOfRange => "qr_scale_out_of_range",
            Self::PictureTooLarge => "picture_too_large",
            Self::PictureTooManyPixels => "picture_too_many_pixels",
            Self::PictureUnreadable => "picture_unreadable",
            Self::FrameSizeWrong => "frame_size_wrong",
        }
    }
}

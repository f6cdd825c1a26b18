//! Pictures that may be shown, told by their first bytes and not by what a message says.

use mail_builder::encoders::base64::Base64Encoder;

/// A kind of picture that browsers show without running anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Picture {
    Png,
    Jpeg,
    Gif,
    Webp,
}

impl Picture {
    /// The kind that `bytes` begin like.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            [
                b'R',
                b'I',
                b'F',
                b'F',
                _,
                _,
                _,
                _,
                b'W',
                b'E',
                b'B',
                b'P',
                ..,
            ] => Some(Self::Webp),
            _ => None,
        }
    }

    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
        }
    }

    /// The picture as its own address.
    pub fn data_url(self, bytes: &[u8]) -> Option<String> {
        let encoded = String::from_utf8(Base64Encoder::new().encode(bytes).ok()?).ok()?;
        Some(format!("data:{};base64,{encoded}", self.media_type()))
    }
}

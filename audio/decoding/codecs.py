"""The codecs that are accepted in recordings.

FFmpeg has two hundred more for sound and as many for video, most of them for games and players of the nineties. A file
of an allowed container could ask for any of them; codecs that nobody records with are not worth their defects.
"""

from __future__ import annotations

DECODERS = (
    *("opus", "libopus", "vorbis", "speex", "libspeex"),
    *("flac", "alac", "wavpack", "tta"),
    *("mp3", "mp3float", "mp2", "mp2float", "aac", "aac_fixed", "ac3", "ac3_fixed", "eac3"),
    # Phones record these in MP4, dictation machines and answering machines in WAV.
    *(
        "amrnb",
        "amrwb",
        "libopencore_amrnb",
        "libopencore_amrwb",
        "gsm",
        "gsm_ms",
        "g722",
        "g726",
        "g723_1",
        "truespeech",
    ),
    *("adpcm_ms", "adpcm_ima_wav", "adpcm_ima_qt", "adpcm_yamaha", "pcm_alaw", "pcm_mulaw", "wmav1", "wmav2"),
    *("pcm_u8", "pcm_s8", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_s32be"),
    *("pcm_s64le", "pcm_s64be", "pcm_f32le", "pcm_f32be", "pcm_f64le", "pcm_f64be"),
)
"""The decoders of these codecs, by FFmpeg's names; some codecs have several."""

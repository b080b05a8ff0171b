//! The abuse suite: one file per row of SECURITY.md, named after the row. README.md lists the flaws
//! that each test was seen to catch.

mod a01_somebody_else;
mod a03_mass_assignment;
mod a04_own_verified_flag;
mod a10_host_header;
mod a11_mixed_up_changes;
mod a12_redeemed_twice;
mod a13_app_code_twice;
mod a15_scanned_links;
mod a16_second_factor_skipped;
mod a18_session_fixation;
mod a20_spoofed_address;
mod a21_path_spellings;
mod a22_enumeration;
mod a26_many_objects;
mod a28_fail_open;
mod a29_script_injection;
mod a30_long_passwords;
mod a31_look_alikes;
mod a33_open_redirect;
mod a34_lists;
mod a35_passkeys;
mod a36_gives_more;
mod b01_climbing;
mod b02_levels;
mod b03_revoking;
mod b06_return_url;
mod b07_late_revocation;
mod b08_tokens_in_clear;
mod b09_secrets_of_apps;
mod b10_no_step_up;
mod b11_header_decides_address;
mod b12_unverified_before_password;
mod b13_logout_csrf_csp;
mod b14_passkey_origin;

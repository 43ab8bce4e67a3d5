# Publishes what a build made: labelled images to ECR, and the zip inside labelled images to S3.
#
# post_build.sh 1.0 of Interlock. Source it at the end of post_build, in sh or in bash. For every label it exports
# a variable with the label's value as its name, and <that name>_DIGEST. It works in a subshell, so that no option,
# trap, function or other variable stays behind, and a failure is the status of the sourcing command alone.
# It needs docker, aws, openssl and the usual small tools.
# shellcheck shell=sh
# shellcheck disable=SC2329  # attempt and each call functions by their names

interlock_post_build() (
  version=1.0
  set +euf +C
  unset IFS CDPATH
  LC_ALL=C
  export LC_ALL
  tab=$(printf '\t')
  lifecycle='{"rules": [
    {"rulePriority": 1, "description": "Keep the newest 1000 releases",
     "selection": {"tagStatus": "tagged", "tagPrefixList": ["release-"], "countType": "imageCountMoreThan", "countNumber": 1000},
     "action": {"type": "expire"}},
    {"rulePriority": 2, "description": "Expire prereleases after 30 days",
     "selection": {"tagStatus": "tagged", "tagPrefixList": ["prerelease-"], "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 30},
     "action": {"type": "expire"}},
    {"rulePriority": 3, "description": "Expire what has no tag after 7 days",
     "selection": {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 7},
     "action": {"type": "expire"}}]}'

  say() { printf 'post_build: %s\n' "$*"; }

  fail() {
    say "$*" >&2
    exit 1
  }

  lower() { printf '%s\n' "$1" | tr '[:upper:]' '[:lower:]'; }

  # is_like <text> <extended regular expression for the whole of it>
  is_like() {
    [ "$(printf '%s\n' "$1" | wc -l)" -eq 1 ] && printf '%s\n' "$1" | grep -Eqx -e "$2"
  }

  # attempt <command…>: three times, for what goes wrong on the way
  attempt() {
    tries=1
    until "$@"; do
      [ "$tries" -lt 3 ] || return 1
      say "Attempt $tries of 3 failed; the next one begins in ${INTERLOCK_POST_BUILD_PAUSE:-5} s."
      sleep "${INTERLOCK_POST_BUILD_PAUSE:-5}"
      tries=$((tries + 1))
    done
  }

  # --- what is asked for ---------------------------------------------------------------------------

  check_settings() {
    for program in docker aws openssl; do
      command -v "$program" >/dev/null || fail "There is no program $program here; publishing needs it."
    done
    is_like "${PRX_AWS_ACCOUNT_ID:-}" '[0-9]{12}' ||
      fail "PRX_AWS_ACCOUNT_ID is '${PRX_AWS_ACCOUNT_ID:-}': set it to the 12 digits of the AWS account to publish to."
    is_like "${PRX_REPO:-}" '[A-Za-z0-9._-]+/[A-Za-z0-9._-]+' ||
      fail "PRX_REPO is '${PRX_REPO:-}': set it to the repository on GitHub, as owner/name."
    is_like "${PRX_COMMIT:-}" '[0-9a-f]{7,64}' ||
      fail "PRX_COMMIT is '${PRX_COMMIT:-}': set it to the SHA of the commit that was built."
    region=${AWS_DEFAULT_REGION:-${AWS_REGION:-}}
    is_like "$region" '[a-z0-9-]+' ||
      fail "AWS_DEFAULT_REGION is '$region': set it to the AWS region to publish to."
    architecture=${PRX_TARGET_ARCHITECTURE:-$(uname -m)}
    case $architecture in
    x86_64) suffix='' ;;
    aarch64 | arm64) architecture=aarch64 suffix=-aarch64 ;;
    *) fail "PRX_TARGET_ARCHITECTURE is '$architecture': set it to x86_64 or aarch64." ;;
    esac
    format=${INTERLOCK_VALUE_FORMAT:-full}
    case $format in
    full | short) ;;
    *) fail "INTERLOCK_VALUE_FORMAT is '$format': set it to full or short." ;;
    esac
    AWS_PAGER='' AWS_RETRY_MODE=standard AWS_MAX_ATTEMPTS=4 AWS_REGION=$region AWS_DEFAULT_REGION=$region
    export AWS_PAGER AWS_RETRY_MODE AWS_MAX_ATTEMPTS AWS_REGION AWS_DEFAULT_REGION
  }

  # images <label>: the ids of the images that have it
  images() {
    found=$(docker images --quiet --no-trunc --filter "label=$1") || fail "docker does not list its images."
    printf '%s\n' "$found" | sort -u
  }

  # find_images: sets $for_ecr and $for_s3 to ids; if some say that they are of this run, to theirs
  find_images() {
    for_ecr=$(images org.prx.spire.publish.ecr) || exit 1
    for_s3=$(images org.prx.spire.publish.s3) || exit 1
    own=$(images "interlock.run=${INTERLOCK_RUN:-none}") || exit 1
    if printf '%s\n' "$for_ecr" "$for_s3" | grep -Fqx -e "${own:-none}"; then
      say "Publishing the images with the label interlock.run=$INTERLOCK_RUN alone."
      for_ecr=$(printf '%s\n' "$for_ecr" | grep -Fx -e "$own")
      for_s3=$(printf '%s\n' "$for_s3" | grep -Fx -e "$own")
    fi
  }

  # labelled <kind> <ids>: a line "<label> <image>" for each image, in the order of the labels
  labelled() {
    lines=''
    for image in $2; do
      label=$(docker image inspect --format "{{ index .Config.Labels \"org.prx.spire.publish.$1\" }}" "$image") ||
        fail "docker does not show the image $image."
      is_like "$label" '[A-Za-z_][A-Za-z0-9_]*' ||
        fail "The image $image has the label org.prx.spire.publish.$1=\"$label\", which cannot be the name of a shell" \
          "variable: use letters, digits and underscores, with no digit first."
      case $label in
      PATH | IFS | HOME | PWD | OLDPWD | PPID | UID | EUID | SHELLOPTS | BASH* | LD_* | AWS_* | CODEBUILD_* | PRX_* | \
        INTERLOCK_* | interlock_* | _ | [Xx]86_64 | [Aa][Aa][Rr][Cc][Hh]64)
        fail "The image $image has the label org.prx.spire.publish.$1=\"$label\", a name that has a meaning already:" \
          "choose another."
        ;;
      esac
      lines="$lines$label $image
"
    done
    [ -z "$lines" ] || printf '%s' "$lines" | sort
  }

  # check_names <lines of labelled…>: no two of the variables to export have one name
  check_names() {
    twice=$(printf '%s\n' "$1" | while read -r name _; do
      [ -z "$name" ] || printf '%s\n%s_digest\n' "$(lower "$name")" "$(lower "$name")"
    done | sort | uniq -d | head -n 1)
    [ -z "$twice" ] || {
      printf '%s\n' "$1" | grep -i "^$twice " >&2
      fail "More than one label asks for the variable $twice or ${twice}_DIGEST, whatever its case: give every image a" \
        "value of its own. If the other image is of an earlier build, remove it, or build with" \
        "--label interlock.run=\$INTERLOCK_RUN."
    }
  }

  # export_later <name> <value> <digest>: values are made of checked parts and hold no quote
  export_later() {
    printf "%s='%s'\n%s_DIGEST='%s'\nexport %s %s_DIGEST\n" "$1" "$2" "$1" "$3" "$1" "$1" >>"$exports"
    say "$1=$2 ($3)"
  }

  # --- images to ECR -------------------------------------------------------------------------------

  # describe_repository: sets $uri, or to what ECR says instead
  describe_repository() {
    uri=$(aws ecr describe-repositories --repository-names "$repository" \
      --query 'repositories[0].repositoryUri' --output text 2>&1)
  }

  open_repository() {
    repository=github/$(lower "$PRX_REPO")
    is_like "$repository" '[a-z0-9]+([._-][a-z0-9]+)*(/[a-z0-9]+([._-][a-z0-9]+)*)*' ||
      fail "ECR allows no repository named $repository: a part of it begins or ends with a separator, or has two in a row."
    describe_repository ||
      case $uri in
      *RepositoryNotFoundException*) create_repository ;;
      *) fail "ECR does not show the repository $repository: $uri" ;;
      esac
    case $uri in
    "$PRX_AWS_ACCOUNT_ID.dkr.ecr.$region."*"/$repository") ;;
    *) fail "The AWS credentials reach $uri, which is not in the account $PRX_AWS_ACCOUNT_ID and the region $region." ;;
    esac
    attempt log_in || fail "docker cannot log in to ${uri%%/*}."
  }

  # The other architecture's build may have been faster.
  create_repository() {
    if ! uri=$(aws ecr create-repository --repository-name "$repository" --image-tag-mutability IMMUTABLE \
      --image-scanning-configuration scanOnPush=true --query repository.repositoryUri --output text 2>&1); then
      case $uri in
      *RepositoryAlreadyExistsException*) describe_repository && return ;;
      esac
      fail "The ECR repository $repository cannot be created: $uri"
    fi
    say "Created the ECR repository $repository: tags are immutable, images are scanned when pushed."
    if answer=$(aws ecr put-lifecycle-policy --repository-name "$repository" --lifecycle-policy-text "$lifecycle" 2>&1); then
      say "It keeps the newest 1000 releases, prereleases for 30 days, and what has no tag for 7 days."
    else
      say "It keeps everything, as it could not be given a lifecycle policy: $answer"
    fi
  }

  log_in() { aws ecr get-login-password | docker login --username AWS --password-stdin "${uri%%/*}"; }

  # held <tag…>: a line "<tag> <digest>" for each that ECR has
  held() {
    # shellcheck disable=SC2046  # one argument a tag
    aws ecr batch-get-image --repository-name "$repository" --image-ids $(printf 'imageTag=%s ' "$@") \
      --query 'images[].[imageId.imageTag, imageId.imageDigest]' --output text
  }

  # digest_of <tag>: its digest among $there, or nothing
  digest_of() { printf '%s\n' "$there" | sed -n "s/^$1$tab\(sha256:[0-9a-f]\{64\}\)\$/\1/p" | head -n 1; }

  # get_image <imageTag=…|imageDigest=…>: sets $digest, $kind_of_manifest and $manifest to what ECR has, or $digest to None
  get_image() {
    manifest=$(aws ecr batch-get-image --repository-name "$repository" --image-ids "$1" \
      --query 'images[0].[imageId.imageDigest, imageManifestMediaType, imageManifest]' --output text) ||
      fail "ECR does not show $1 of $repository."
    digest=${manifest%%"$tab"*} manifest=${manifest#*"$tab"}
    kind_of_manifest=${manifest%%"$tab"*} manifest=${manifest#*"$tab"}
  }

  # is_same: $image is what ECR has under $digest. Docker's id is the digest of the configuration, which the manifest
  # names, or, with containerd's image store, of the manifest.
  is_same() {
    case "$digest $manifest" in
    *"$image"*) return 0 ;;
    *) return 1 ;;
    esac
  }

  push() {
    docker push "$uri:$tag" >"$folder/pushed" 2>&1
    pushed=$?
    cat "$folder/pushed"
    return "$pushed"
  }

  # push_image: $image gets to ECR as $tag, unless somebody else's was faster. Sets $digest.
  push_image() {
    say "Pushing $uri:$tag."
    docker tag "$image" "$uri:$tag" || fail "docker cannot tag the image $image."
    if attempt push; then arrived=yes; else arrived=no; fi
    said=$(sed -n 's/^.*digest: \(sha256:[0-9a-f]\{64\}\) .*$/\1/p' "$folder/pushed" | tail -n 1)
    get_image "imageTag=$tag"
    [ "$digest" != None ] || fail "The image of $label could not be pushed as $uri:$tag."
    case $arrived-$said in
    no-*) is_same || tell_kept ;;
    "yes-$digest") ;;
    *)
      if [ -n "$said" ] || ! is_same; then # podman does not say what it has pushed
        fail "docker has pushed ${said:-$image}, and ECR has $digest as $repository:$tag:" \
          "what was published is not what was built."
      fi
      ;;
    esac
    there="$tag$tab$digest
$there"
  }

  tell_kept() {
    say "$uri:$tag is published already, with another content ($digest)." \
      "What is published is never replaced: this build's own image is left out."
  }

  # add_tags <tag…>: those of the tags that ECR does not have come to name $digest, together with $tag.
  # ECR refuses a manifest that does not have the digest.
  add_tags() {
    printf '%s' "$manifest" >"$folder/manifest"
    for other in "$tag" "$@"; do
      case $other=$(digest_of "$other") in
      *="$digest") continue ;;
      *=sha256:*)
        say "The tag $other names another image, and stays there."
        continue
        ;;
      esac
      answer=$(aws ecr put-image --repository-name "$repository" --image-tag "$other" --image-digest "$digest" \
        --image-manifest-media-type "$kind_of_manifest" --image-manifest "file://$folder/manifest" 2>&1) ||
        case $answer in
        *ImageAlreadyExistsException* | *ImageTagAlreadyExistsException*) ;;
        *) fail "The tag $other cannot be given to $repository@$digest: $answer" ;;
        esac
    done
  }

  # publish_image <label> <image> <part of the name>
  publish_image() {
    label=$1 image=$2 long=$PRX_COMMIT$3-$architecture
    case $format in
    full) tag=$PRX_COMMIT$3$suffix ;;
    short) tag=$long ;;
    esac
    there=$(held "$tag" "$long" "$kind-$long") || fail "ECR does not say what it has of $repository."
    digest=$(digest_of "$tag")
    [ -n "$digest" ] || digest=$(digest_of "$long")
    if [ -z "$digest" ]; then
      push_image
    else
      get_image "imageDigest=$digest"
      if is_same; then say "$uri:$tag is published already ($digest)."; else tell_kept; fi
    fi
    add_tags "$long" "$kind-$long"
    case $format in
    full) export_later "$label" "$uri:$tag" "$digest" ;;
    short) export_later "$label" "$repository:$tag" "$digest" ;;
    esac
  }

  # --- zips to S3 ----------------------------------------------------------------------------------

  # checksum: the SHA-256 of a file, in base64 as S3 has it
  checksum() { openssl dgst -sha256 -binary "$1" | openssl base64 -A; }

  hexadecimal() { printf '%s' "$1" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n'; }

  # take_out: $folder/build.zip out of $image; a container needs a command, even if it never starts
  take_out() {
    container=$(docker create "$image" none) || fail "docker cannot make a container of the image of $label."
    rm -rf "$folder/build.zip"
    docker cp "$container:$archive" "$folder/build.zip"
    docker rm "$container" >/dev/null
    if [ ! -f "$folder/build.zip" ] || [ -h "$folder/build.zip" ] || [ ! -s "$folder/build.zip" ]; then
      fail "The image of $label has no file $archive: put the zip there, or set PRX_S3_ARCHIVE_BUILD_PATH to where it is."
    fi
  }

  # look_up: sets $stored to the checksum of what S3 has as $key, or to nothing
  look_up() {
    if stored=$(aws s3api head-object --bucket "$bucket" --key "$key" --checksum-mode ENABLED \
      --query ChecksumSHA256 --output text 2>&1); then
      case $stored in
      None | *-*) # from before checksums, or one of parts
        aws s3api get-object --bucket "$bucket" --key "$key" "$folder/stored.zip" >/dev/null ||
          fail "s3://$bucket/$key is there and cannot be read."
        stored=$(checksum "$folder/stored.zip")
        ;;
      esac
    else
      case $stored in
      *'(404)'* | *NoSuchKey*) stored='' ;;
      *) fail "S3 does not say whether it has s3://$bucket/$key (it takes s3:GetObject and s3:ListBucket): $stored" ;;
      esac
    fi
  }

  # publish_archive <label> <image> <part of the name>
  publish_archive() {
    label=$1 image=$2
    case $format in
    full) key=GitHub/$PRX_REPO/$PRX_COMMIT$3$suffix.zip ;;
    short) key=GitHub/$PRX_REPO/$PRX_COMMIT/$label$suffix.zip ;;
    esac
    take_out
    built=$(checksum "$folder/build.zip")
    look_up
    if [ -z "$stored" ]; then
      say "Uploading s3://$bucket/$key."
      stored=$(aws s3api put-object --bucket "$bucket" --key "$key" --body "$folder/build.zip" \
        --checksum-algorithm SHA256 --checksum-sha256 "$built" --query ChecksumSHA256 --output text) ||
        fail "The zip of $label could not be uploaded to s3://$bucket/$key."
      [ "$stored" = "$built" ] ||
        fail "The SHA-256 of the zip of $label is $built, and that of s3://$bucket/$key is $stored:" \
          "what was published is not what was built."
    elif [ "$stored" = "$built" ]; then
      say "s3://$bucket/$key is published already."
    else
      say "s3://$bucket/$key is published already, with another content." \
        "What is published is never replaced: this build's own zip is left out."
    fi
    export_later "$label" "$key" "sha256:$(hexadecimal "$stored")"
  }

  # --- the story -----------------------------------------------------------------------------------

  # each <publish_…> <lines of labelled>: the first label's artifact goes by the commit alone
  each() {
    first=yes
    while read -r label image <&3; do
      if [ "$first" = yes ]; then part=''; else part=-$(lower "$label"); fi
      "$1" "$label" "$image" "$part"
      first=no
    done 3<<LINES
$2
LINES
  }

  exports=$1
  say "This is post_build.sh $version of Interlock."
  [ -n "${CODEBUILD_BUILD_SUCCEEDING:-}" ] ||
    fail "CODEBUILD_BUILD_SUCCEEDING is not set: source this script in the post_build phase of a build."
  if [ "$CODEBUILD_BUILD_SUCCEEDING" = 0 ]; then
    say "The build has failed: nothing is published."
    exit 0
  fi
  if [ "${PRX_CI_PUBLISH:-}" = true ]; then
    kind=release
  elif [ "${PRX_CI_PRERELEASE:-}" = true ]; then
    kind=prerelease
  else
    say "Publishing is off: neither PRX_CI_PUBLISH nor PRX_CI_PRERELEASE is true."
    exit 0
  fi
  check_settings
  find_images
  docker_images=$(labelled ecr "$for_ecr") || exit 1
  archives=$(labelled s3 "$for_s3") || exit 1
  [ -n "$docker_images$archives" ] ||
    fail "There is nothing to publish: no image has the label org.prx.spire.publish.ecr or org.prx.spire.publish.s3."
  check_names "$docker_images
$archives"
  bucket=${PRX_APPLICATION_CODE_BUCKET:-}
  archive=${PRX_S3_ARCHIVE_BUILD_PATH:-/.prxci/build.zip}
  [ -z "$archives" ] || [ -n "$bucket" ] ||
    fail "PRX_APPLICATION_CODE_BUCKET is not set: set it to the S3 bucket for the zips."
  folder=$(mktemp -d) || fail "There is no room for temporary files."
  trap 'rm -rf "$folder"' EXIT
  trap 'exit 1' HUP INT TERM
  say "Publishing $PRX_REPO at $PRX_COMMIT as a $kind, for $architecture."
  if [ -n "$docker_images" ]; then
    open_repository
    each publish_image "$docker_images"
  fi
  [ -z "$archives" ] || each publish_archive "$archives"
)

if interlock_exports=$(mktemp) && interlock_post_build "$interlock_exports"; then
  # shellcheck source=/dev/null
  . "$interlock_exports"
  rm -f "$interlock_exports"
  unset interlock_exports
  unset -f interlock_post_build
else
  rm -f "${interlock_exports:-}"
  unset interlock_exports
  unset -f interlock_post_build
  false
fi
